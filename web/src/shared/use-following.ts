import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** This close to the end counts as reading along, in pixels. */
const NEAR_END = 80;

/**
 * Keeps a scrolling list at its end for a reader who is at its end, whether something is added or the list is made
 * smaller; a reader who has scrolled back is left alone, and told that there is more (`behind`).
 */
export function useFollowing(changes: readonly unknown[]) {
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const height = useRef(0);
  const [behind, setBehind] = useState(false);

  const toEnd = () => {
    following.current = true;
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
    setBehind(false);
  };

  useLayoutEffect(() => {
    if (following.current) toEnd();
    else setBehind(true);
  }, changes as unknown[]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      height.current = element.clientHeight;
      if (following.current) toEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = box.current;
    // A scroll that comes with another height was made by the layout, not by the reader.
    if (!element || element.clientHeight !== height.current) return;
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    if (following.current) setBehind(false);
  };

  return { box, behind, toEnd, onScroll };
}
