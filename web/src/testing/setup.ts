import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach } from "vitest";
import { server } from "./server";

// Generous: a loaded machine is slow, and only a test that fails waits as long as this.
configure({ asyncUtilTimeout: 10_000 });

// The page's own address is that of the server, as in production: the client asks for paths.
window.happyDOM.setURL(`${await server.start()}/`);

afterEach(() => {
  cleanup();
  server.reset();
  sessionStorage.clear();
  localStorage.clear();
});

afterAll(async () => {
  // A component that is gone may have left a request under way.
  await window.happyDOM.waitUntilComplete();
  await server.stop();
});
