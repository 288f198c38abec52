import type { DetachedWindowAPI } from "happy-dom";

declare global {
  interface Window {
    /** Present in component tests only. */
    happyDOM: DetachedWindowAPI;
  }
}
