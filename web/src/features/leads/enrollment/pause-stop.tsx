import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, Pause, Play, Square } from "lucide-react";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { EnrollmentStateResponse, ResumeMode } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import { Confirm } from "@/ui/overlays/dialog";
import { Menu, MenuItem } from "@/ui/overlays/menu";
import { Failed } from "@/ui/page/states";
import styles from "./enrollment-card.module.css";

/** Pauses, resumes and stops an enrollment. The screen changes only after the server has answered. */
export function Steering({ enrollment }: { enrollment: EnrollmentStateResponse }) {
  const [stopping, setStopping] = useState(false);
  const client = useQueryClient();
  const { lead_id, sequence_id } = enrollment;
  const path = { lead_id };
  const onSuccess = (data: unknown) => {
    client.setQueryData(["lead", lead_id, "states"], data);
    client.invalidateQueries({ queryKey: ["lead", lead_id] });
  };
  const pause = useMutation({
    mutationFn: () =>
      call(api.POST("/leads/{lead_id}/pause-sequence", { params: { path }, body: { sequence_id } })),
    onSuccess,
  });
  const resume = useMutation({
    mutationFn: (mode: ResumeMode) =>
      call(api.POST("/leads/{lead_id}/resume-sequence", { params: { path }, body: { sequence_id, mode } })),
    onSuccess,
  });
  const stop = useMutation({
    mutationFn: (reason: string) =>
      call(
        api.POST("/leads/{lead_id}/stop-sequence", {
          params: { path },
          body: { sequence_id, reason: reason || "manual" },
        }),
      ),
    meta: { quiet: true },
    onSuccess: (data) => {
      onSuccess(data);
      setStopping(false);
    },
  });
  const held = enrollment.status === "paused" || enrollment.status === "failed";
  return (
    <div className={styles.buttons}>
      {held ? (
        <Menu
          trigger={
            <Button size="sm" busy={resume.isPending}>
              <Play /> {enrollment.status === "failed" ? "Try again" : "Resume"} <ChevronDown />
            </Button>
          }
        >
          <MenuItem onSelect={() => resume.mutate("preserve_remaining")}>
            Continue with the rest of the wait
          </MenuItem>
          <MenuItem onSelect={() => resume.mutate("original_schedule")}>
            Keep the original schedule: run what is due
          </MenuItem>
        </Menu>
      ) : (
        <Button size="sm" busy={pause.isPending} onClick={() => pause.mutate()}>
          <Pause /> Pause
        </Button>
      )}
      <Button size="sm" look="danger" onClick={() => setStopping(true)}>
        <Square /> Stop…
      </Button>
      {stopping && (
        <StopDialog
          name={enrollment.sequence_name}
          busy={stop.isPending}
          error={stop.error}
          onClose={() => setStopping(false)}
          onStop={(reason) => stop.mutate(reason)}
        />
      )}
    </div>
  );
}

function StopDialog({
  name,
  busy,
  error,
  onClose,
  onStop,
}: {
  name: string;
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onStop: (reason: string) => void;
}) {
  const [reason, setReason] = useState("");
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Stop “${name}” for this lead?`}
      description="No further step runs. This cannot be undone, but the lead can be enrolled again."
      confirm="Stop"
      busy={busy}
      onConfirm={() => onStop(reason.trim())}
    >
      <TextField
        label="Reason"
        hint="Shown among the stop reasons in analytics; “manual” if empty."
        placeholder="manual"
        maxLength={100}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      {error != null && <Failed error={error} />}
    </Confirm>
  );
}
