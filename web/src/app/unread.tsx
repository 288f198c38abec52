import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { unreadQuery } from "@/features/settings/notifications/unread";
import { buttonClass } from "@/ui/inputs/button";
import { Tooltip } from "@/ui/overlays/tooltip";
import styles from "./shell.module.css";

/** The link to the notifications, with the number of unread ones. */
export function Unread({ onGo }: { onGo: () => void }) {
  const { data: unread = "0" } = useQuery(unreadQuery);
  const any = unread !== "0";
  return (
    <Tooltip text="Notifications">
      <Link
        to="/app/settings/$section"
        params={{ section: "notifications" }}
        search={any ? { show: "unread" } : {}}
        aria-label={any ? `Notifications, ${unread} unread` : "Notifications"}
        className={buttonClass({ look: "quiet", size: "sm", icon: true, extra: styles.bell })}
        onClick={onGo}
      >
        <Bell />
        {any && <span className={styles.unread}>{unread}</span>}
      </Link>
    </Tooltip>
  );
}
