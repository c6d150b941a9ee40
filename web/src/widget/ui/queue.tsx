import type { SessionState } from "../../protocol";
import { waitMinutes } from "../../shared/time";
import type { Strings } from "../strings";

interface Props {
  session: SessionState;
  strings: Strings;
  onStay: () => void;
}

/** Where the customer stands in the line: only what the server has committed. */
export function QueueCard({ session, strings, onStay }: Props) {
  const { position, waitS, hours } = session;
  return (
    <section class="queue" data-testid="queue-card" aria-label={strings.queue.title}>
      <div>
        {position === undefined ? null : (
          <p class="queue-position" data-testid="queue-position">
            {position === 1 ? strings.queue.next : strings.queue.position(position)}
          </p>
        )}
        <p data-testid="queue-wait">
          {waitS ? strings.queue.wait(...waitMinutes(waitS)) : strings.queue.waitUnknown}
        </p>
        {hours ? <p>{strings.queue.hours(hours)}</p> : null}
      </div>
      <button type="button" class="quiet-button" data-testid="stay-with-assistant" onClick={onStay}>
        {strings.person.stay}
      </button>
    </section>
  );
}
