import { useState } from "preact/hooks";
import type { KeyValue } from "../../shared/storage";
import { signIn, type Account } from "../sign-in";

export function Login({ tab, reason, onSignedIn }: { tab: KeyValue; reason: string; onSignedIn: (account: Account) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [trouble, setTrouble] = useState(reason);
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      onSignedIn(await signIn(tab, email.trim(), password));
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : "Signing in did not work.");
      setBusy(false);
    }
  };

  return (
    <main class="login">
      <section class="login-brand" aria-hidden="true">
        <Voices />
        <p class="login-line">A machine answers.<br />A person takes over.<br />Nobody pretends.</p>
      </section>
      <form class="login-form" onSubmit={(event) => void submit(event)} data-testid="login">
        <h1>
          Candour <span>desk</span>
        </h1>
        <label>
          <span>Email</span>
          <input type="email" name="email" autocomplete="username" required value={email} data-testid="email" onInput={(event) => setEmail(event.currentTarget.value)} />
        </label>
        <label>
          <span>Password</span>
          <input type="password" name="password" autocomplete="current-password" required value={password} data-testid="password" onInput={(event) => setPassword(event.currentTarget.value)} />
        </label>
        <p class="trouble" role="alert" data-testid="login-trouble">
          {trouble}
        </p>
        <button type="submit" class="button button-main" disabled={busy} data-testid="sign-in">
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}

/** The mark: a dashed, square voice and a solid, round one. */
function Voices() {
  return (
    <svg viewBox="0 0 240 180" class="voices" focusable="false">
      <path d="M20 24h120v72H64l-24 22V96H20z" fill="none" stroke="#86d3c7" stroke-width="4" stroke-dasharray="10 7" />
      <circle cx="168" cy="112" r="48" fill="#ff9d66" />
      <path d="M190 146l22 22-6-34z" fill="#ff9d66" />
    </svg>
  );
}
