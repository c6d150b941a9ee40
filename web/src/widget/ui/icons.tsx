import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const ChatIcon = () => <Icon><path d="M4 5h16v11H10l-5 4v-4H4z" /></Icon>;
export const CloseIcon = () => <Icon><path d="M6 6l12 12M18 6L6 18" /></Icon>;
export const PersonIcon = () => <Icon><circle cx="12" cy="8" r="3.5" /><path d="M5 20c.8-4 3.500-6 7-6s6.200 2 7 6" /></Icon>;
export const SendIcon = () => <Icon><path d="M12 19V5M6 11l6-6 6 6" /></Icon>;
export const TickIcon = () => <Icon><path d="M5 13l4 4L19 7" /></Icon>;
export const WarnIcon = () => <Icon><path d="M12 4l9 16H3zM12 10v4M12 17.500v.1" /></Icon>;
export const DownIcon = () => <Icon><path d="M6 10l6 6 6-6" /></Icon>;
