import { useQuery } from "@tanstack/react-query";
import type { ForecastResponse } from "@/api/schema";
import { mailboxesQuery } from "@/features/sequences/queries";
import { count } from "@/lib/format";
import { Table } from "@/ui/data/table";
import { Time } from "@/ui/data/time";
import styles from "../enroll.module.css";

/** When each mailbox will have sent the first email to all of its leads. */
export function Forecast({ forecast }: { forecast: ForecastResponse }) {
  const { data } = useQuery(mailboxesQuery);
  const addresses = new Map(data?.items.map((mailbox) => [mailbox.id, mailbox.email]));
  return (
    <Table label="First emails by mailbox" className={styles.leads}>
      <thead>
        <tr>
          <th>Mailbox</th>
          <th className="numeric">First emails</th>
          <th className={`numeric ${styles.wide}`}>A day at most</th>
          <th>Last one sent</th>
        </tr>
      </thead>
      <tbody>
        {forecast.mailboxes.map((mailbox) => (
          <tr key={mailbox.mailbox_id}>
            <td className={styles.lead}>{addresses.get(mailbox.mailbox_id) ?? "A mailbox"}</td>
            <td className="numeric">{count(mailbox.leads)}</td>
            <td className={`numeric ${styles.wide}`}>
              {mailbox.per_day === null ? "Any number" : count(mailbox.per_day)}
            </td>
            <td>
              {mailbox.last_at ? <Time at={mailbox.last_at} exact /> : "Not known: the mailbox is held"}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
