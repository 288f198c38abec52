import { ApiServer } from "./api-server";

/** The API of this test file. `setup.ts` starts and stops it, and forgets its answers after each test. */
export const server = new ApiServer();
