/** What calls an agent who looks elsewhere: a tone, a desktop notification, both only after she allowed them. */
import type { Ring } from "./client";

const PATTERNS: Record<Ring, readonly { hz: number; at: number }[]> = {
  message: [{ hz: 660, at: 0 }],
  handoff: [{ hz: 523, at: 0 }, { hz: 784, at: 0.16 }],
  urgent: [{ hz: 880, at: 0 }, { hz: 659, at: 0.18 }, { hz: 880, at: 0.36 }, { hz: 659, at: 0.54 }],
};

export class Ringer {
  private audio: AudioContext | undefined;

  constructor(public muted: boolean) {
    // Browsers let a page sound only after the user did something on it.
    const unlock = () => {
      this.audio ??= new AudioContext();
      void this.audio.resume();
    };
    for (const gesture of ["pointerdown", "keydown"]) window.addEventListener(gesture, unlock, { once: true });
  }

  ring(kind: Ring, words: string): void {
    this.sound(kind);
    this.notify(kind, words);
  }

  private sound(kind: Ring): void {
    const { audio } = this;
    if (this.muted || !audio || audio.state !== "running") return;
    for (const { hz, at } of PATTERNS[kind]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const start = audio.currentTime + at;
      tone.frequency.value = hz;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(kind === "message" ? 0.05 : 0.14, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.15);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.16);
    }
  }

  private notify(kind: Ring, words: string): void {
    if (document.visibilityState === "visible" || !("Notification" in window) || Notification.permission !== "granted") return;
    const notification = new Notification("Candour desk", { body: words, tag: `candour-${kind}`, requireInteraction: kind === "urgent" });
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
    });
  }
}

export function mayAskForNotifications(): boolean {
  return "Notification" in window && Notification.permission === "default";
}
