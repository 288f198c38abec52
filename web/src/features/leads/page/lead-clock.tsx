import { useQuery } from "@tanstack/react-query";
import { FastForward } from "lucide-react";
import { toast } from "sonner";
import { plural } from "@/lib/format";
import { Button } from "@/ui/inputs/button";
import { isLive, statesQuery } from "../queries";
import { useFastForward } from "./fast-forward";

/** Moves the clock of one lead by three days. Development only. */
export function LeadClock({ leadId }: { leadId: string }) {
  const states = useQuery(statesQuery(leadId));
  const live = states.data?.enrollments.filter((enrollment) => isLive(enrollment.status)) ?? [];
  const move = useFastForward();
  return (
    <Button
      busy={move.isPending}
      disabled={live.length === 0}
      title="Development: moves the clock of this lead's enrollments three days on"
      onClick={() =>
        move.mutate(
          { by: "P3D", enrollmentIds: live.map((enrollment) => enrollment.id) },
          {
            onSuccess: (moved) =>
              toast.success(`Three days passed for ${plural(moved.length, "enrollment")}`),
          },
        )
      }
    >
      <FastForward /> {move.isPending ? "Moving…" : "+3 days"}
    </Button>
  );
}
