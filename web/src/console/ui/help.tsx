import { Dialog } from "./dialog";

const KEYS: readonly [string, string, boolean][] = [
  ["Alt 1 … 9", "Open my conversation", false],
  ["Alt N", "Claim the next in the queue", false],
  ["Alt R", "Go to the reply", false],
  ["Enter", "Send", false],
  ["Shift Enter", "New line", false],
  ["Alt D", "Desk", false],
  ["Alt L", "Live AI conversations", true],
  ["Alt M", "Sound on or off", false],
  ["Escape", "Close a dialog", false],
  ["?", "This list", false],
];

export function Help({ oversees, onClose }: { oversees: boolean; onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose} testId="shortcuts">
      <dl class="keys">
        {KEYS.filter(([, , overseersOnly]) => oversees || !overseersOnly).map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="dialog-actions">
        <button type="button" class="button button-main" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
