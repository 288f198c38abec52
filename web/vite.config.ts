import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` works against a running `make up`, named by CADENZA_API_URL.
const api = process.env.CADENZA_API_URL ?? "http://127.0.0.1:8000";
const paths = JSON.parse((await import("node:fs")).readFileSync("openapi.json", "utf8")).paths as Record<
  string,
  unknown
>;
const rooms = [...new Set(Object.keys(paths).map((path) => `/${path.split("/")[1]}`))];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2022",
    sourcemap: false,
    // Swagger UI comes as one file.
    chunkSizeWarningLimit: 2_000,
    // The app, and the reference of its API.
    rollupOptions: { input: ["index.html", "reference.html"] },
  },
  test: {
    // Plain modules are tested in Node.js, components (`.test.tsx`) in a DOM with a server on loopback.
    projects: [
      {
        extends: true,
        test: {
          name: "modules",
          include: ["src/**/*.test.ts"],
          environment: "node",
          // They are pure, so they may share one module cache: a third of the time.
          isolate: false,
          pool: "threads",
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "components",
          include: ["src/**/*.test.tsx"],
          environment: "happy-dom",
          setupFiles: ["src/testing/setup.ts"],
          testTimeout: 60_000,
        },
      },
    ],
  },
  // The examples beside this folder are read, too.
  server: { fs: { allow: [".."] }, proxy: Object.fromEntries(rooms.map((room) => [room, api])) },
});
