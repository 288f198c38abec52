import { Link, useNavigate } from "@tanstack/react-router";
import { BarChart3, ChevronLeft, Download, Ellipsis, Save, UserPlus } from "lucide-react";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { download } from "@/api/client";
import { messageOf } from "@/api/problem";
import type { SequenceResponse } from "@/api/schema";
import { Badge, StatusBadge } from "@/ui/data/badge";
import { Button, buttonClass } from "@/ui/inputs/button";
import { Menu, MenuItem } from "@/ui/overlays/menu";
import { Tooltip } from "@/ui/overlays/tooltip";
import { useBuilder, useDraft } from "../store/builder-context";
import { isDirty, type Saving } from "../store/saving";
import styles from "./header.module.css";
import { History } from "./history";
import { NameField } from "./name-field";
import { ProblemsMenu } from "./problems-menu";
import { StatusButtons } from "./status-buttons";

export function BuilderHeader({ saving }: { saving: Saving }) {
  const { sequence, frozen } = useBuilder();
  const unsaved = useDraft(isDirty);
  const to = { params: { sequenceId: sequence.id } };
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <Link
          to="/app/sequences"
          className={buttonClass({ look: "quiet", icon: true })}
          aria-label="To the sequences"
        >
          <ChevronLeft />
        </Link>
        <NameField />
        <div className={styles.badges}>
          <StatusBadge status={sequence.status} />
          {unsaved ? (
            <Badge tone="amber">Unsaved</Badge>
          ) : (
            sequence.unpublished && <Badge tone="violet">Unpublished edits</Badge>
          )}
        </div>
      </div>
      <div className={styles.actions}>
        {!frozen && <History />}
        <ProblemsMenu />
        <Room to="/app/sequences/$sequenceId/analytics" icon={<BarChart3 />} label="Analytics" {...to} />
        <Room to="/app/sequences/$sequenceId/enroll" icon={<UserPlus />} label="Enroll" {...to} />
        <More sequence={sequence} />
        {!frozen && (
          <Button busy={saving.busy} disabled={!unsaved} aria-label="Save" onClick={() => void saving.save()}>
            <Save />
            <span className={styles.word}>Save</span>
          </Button>
        )}
        <StatusButtons saving={saving} />
      </div>
    </header>
  );
}

/** A link with its name where there is room. On a narrow screen the menu has it. */
function Room({
  to,
  params,
  icon,
  label,
}: {
  to: "/app/sequences/$sequenceId/analytics" | "/app/sequences/$sequenceId/enroll";
  params: { sequenceId: string };
  icon: ReactNode;
  label: string;
}) {
  return (
    <Tooltip text={label}>
      <Link
        to={to}
        params={params}
        className={buttonClass({ look: "quiet", extra: styles.room })}
        aria-label={label}
      >
        {icon}
        <span>{label}</span>
      </Link>
    </Tooltip>
  );
}

function More({ sequence }: { sequence: SequenceResponse }) {
  const navigate = useNavigate();
  const to = { params: { sequenceId: sequence.id } };
  return (
    <Menu
      trigger={
        <Button look="quiet" icon aria-label="More">
          <Ellipsis />
        </Button>
      }
    >
      <MenuItem onSelect={() => void navigate({ to: "/app/sequences/$sequenceId/analytics", ...to })}>
        <BarChart3 /> Analytics
      </MenuItem>
      <MenuItem onSelect={() => void navigate({ to: "/app/sequences/$sequenceId/enroll", ...to })}>
        <UserPlus /> Enroll leads
      </MenuItem>
      <MenuItem onSelect={() => void exportYaml(sequence)}>
        <Download /> Export as YAML
      </MenuItem>
    </Menu>
  );
}

/** Exports what the server has: unsaved edits are not in the file. */
async function exportYaml(sequence: SequenceResponse): Promise<void> {
  try {
    const url = URL.createObjectURL(await download(`/sequences/${sequence.id}/export?format=yaml`));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${sequence.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-") || "sequence"}.yaml`;
    link.click();
    URL.revokeObjectURL(url);
  } catch (error) {
    toast.error(messageOf(error));
  }
}
