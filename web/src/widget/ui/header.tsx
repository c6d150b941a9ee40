import type { ChatState } from "../client";
import type { Strings } from "../strings";
import { CloseIcon, PersonIcon } from "./icons";

export function speakerNow(state: ChatState, strings: Strings): { label: string; about: string } {
  const mode = state.session?.mode ?? "ai";
  const name = state.session?.agentName ?? strings.speaker.somebody;
  switch (mode) {
    case "ai":
      return { label: strings.header.ai, about: strings.about.ai };
    case "queued":
      return { label: strings.header.queued, about: strings.about.queued };
    case "human":
      return { label: strings.header.person(name), about: strings.about.human };
    case "wrap_up":
      return { label: strings.header.person(name), about: strings.about.wrapUp };
    case "closed":
      return { label: strings.header.closed, about: strings.about.closed };
  }
}

/** A square with two letters for the machine, a filled circle with an initial for a person: never a face. */
export function Mark({ kind, letters }: { kind: "ai" | "agent" | "queued"; letters: string }) {
  return (
    <span class={`mark mark-${kind}`} aria-hidden="true">
      {letters}
    </span>
  );
}

interface Props {
  state: ChatState;
  strings: Strings;
  onPerson: () => void;
  onClose: () => void;
}

export function Header({ state, strings, onPerson, onClose }: Props) {
  const { label, about } = speakerNow(state, strings);
  const mode = state.session?.mode ?? "ai";
  const withPerson = mode === "human" || mode === "wrap_up";
  const settled = withPerson || mode === "queued";
  const why = withPerson ? strings.person.here : mode === "queued" ? strings.person.inLine : "";
  return (
    <div class={`header header-${mode}`}>
      <div class="header-row">
        {withPerson ? (
          <Mark kind="agent" letters={(state.session?.agentName ?? "·").slice(0, 1).toUpperCase()} />
        ) : mode === "queued" ? (
          <Mark kind="queued" letters="…" />
        ) : (
          <Mark kind="ai" letters={strings.tag} />
        )}
        <div class="header-words">
          <h2 id="candour-title" class="header-label" data-testid="speaker-label" tabIndex={-1}>
            {label}
          </h2>
          <p class="header-about">{about}</p>
        </div>
        <button type="button" class="icon-button" data-testid="close-chat" aria-label={strings.close} title={strings.close} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <button
        type="button"
        class="person-button"
        data-testid="talk-to-person"
        aria-disabled={settled || state.wantsPerson}
        aria-describedby={why ? "candour-person-why" : undefined}
        onClick={() => {
          if (!settled && !state.wantsPerson) onPerson();
        }}
      >
        <PersonIcon />
        {state.wantsPerson ? strings.person.asking : strings.person.ask}
      </button>
      {why ? (
        <p id="candour-person-why" class="person-why">
          {why}
        </p>
      ) : null}
      <p class="hidden" role="status">
        {state.session ? label : ""}
      </p>
    </div>
  );
}
