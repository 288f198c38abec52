import type { InboxShown } from "@/api/schema";
import { plural } from "@/lib/format";
import { Badge, type Tone } from "@/ui/data/badge";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import styles from "./mailboxes.module.css";

const STATES: Record<InboxShown["status"], { name: string; tone: Tone }> = {
  starting: { name: "Starting", tone: "grey" },
  watching: { name: "Watching", tone: "green" },
  failing: { name: "Failing", tone: "red" },
};

export function Inbox({ inbox }: { inbox: InboxShown }) {
  const { name, tone } = STATES[inbox.status];
  return (
    <div className={styles.inbox}>
      <p>
        <Badge tone={tone}>{name}</Badge>{" "}
        {inbox.status === "failing" ? (
          <>
            since <Time at={inbox.failing_since} />: {inbox.error}
          </>
        ) : inbox.read_at ? (
          <>
            all that arrived until <Time at={inbox.read_at} /> was read
          </>
        ) : (
          "nothing has been read yet"
        )}
      </p>
      <Table label="Folders">
        <thead>
          <tr>
            <th scope="col">Folder</th>
            <th scope="col">Read</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {inbox.folders.map((folder) => (
            <tr key={folder.folder}>
              <td>{folder.folder}</td>
              <td>
                <Time at={folder.read_at} />
              </td>
              <td>{folder.error ?? "readable"}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      {inbox.given_up > 0 && <GivenUp inbox={inbox} />}
    </div>
  );
}

/** Messages that Cadenza could not read, to be looked at in the mailbox itself. */
function GivenUp({ inbox }: { inbox: InboxShown }) {
  return (
    <>
      <p>{plural(inbox.given_up, "message")} could not be read. Look at them in the mailbox:</p>
      <Table label="Messages that could not be read">
        <thead>
          <tr>
            <th scope="col">Folder</th>
            <th scope="col" className="numeric">
              UID
            </th>
            <th scope="col">Error</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {inbox.failures.map((failure) => (
            <tr key={failure.id}>
              <td>{failure.folder}</td>
              <td className="numeric">{failure.uid}</td>
              <td>{failure.error}</td>
              <td>
                <Time at={failure.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}
