import { useNavigate } from "@tanstack/react-router";
import {
  Archive,
  ChartColumn,
  Copy,
  Download,
  Pause,
  Pencil,
  Play,
  Rocket,
  Settings2,
  Trash2,
  UserPlus,
} from "lucide-react";
import type { SequenceResponse } from "@/api/schema";
import { MenuItem, MenuLine } from "@/ui/overlays/menu";
import type { Act } from "./use-row-actions";

export function SequenceMenu({ sequence, act }: { sequence: SequenceResponse; act: Act }) {
  const navigate = useNavigate();
  const params = { sequenceId: sequence.id };
  const { status } = sequence;
  return (
    <>
      <MenuItem onSelect={() => navigate({ to: "/app/sequences/$sequenceId", params })}>
        <Pencil /> Open
      </MenuItem>
      <MenuItem onSelect={() => navigate({ to: "/app/sequences/$sequenceId/enroll", params })}>
        <UserPlus /> Enroll leads
      </MenuItem>
      <MenuItem onSelect={() => navigate({ to: "/app/sequences/$sequenceId/analytics", params })}>
        <ChartColumn /> Analytics
      </MenuItem>
      <MenuItem onSelect={() => act("settings", sequence)}>
        <Settings2 /> Settings
      </MenuItem>
      <MenuLine />
      {status === "draft" && (
        <MenuItem onSelect={() => act("activate", sequence)}>
          <Rocket /> Activate
        </MenuItem>
      )}
      {status === "active" && (
        <MenuItem onSelect={() => act("pause", sequence)}>
          <Pause /> Pause
        </MenuItem>
      )}
      {status === "paused" && (
        <MenuItem onSelect={() => act("resume", sequence)}>
          <Play /> Resume
        </MenuItem>
      )}
      <MenuItem onSelect={() => act("duplicate", sequence)}>
        <Copy /> Duplicate
      </MenuItem>
      <MenuItem onSelect={() => act("export", sequence)}>
        <Download /> Export YAML
      </MenuItem>
      {status !== "archived" && (
        <>
          <MenuLine />
          <MenuItem danger onSelect={() => act("archive", sequence)}>
            <Archive /> Archive
          </MenuItem>
        </>
      )}
      {status === "draft" && (
        <MenuItem danger onSelect={() => act("delete", sequence)}>
          <Trash2 /> Delete draft
        </MenuItem>
      )}
    </>
  );
}
