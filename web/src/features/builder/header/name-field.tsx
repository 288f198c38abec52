import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import { useBuilder } from "../store/builder-context";
import styles from "./header.module.css";

/** The name of the sequence, saved when the field is left. It belongs neither to the steps nor to their undo. */
export function NameField() {
  const { sequence, frozen } = useBuilder();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const renaming = useMutation({
    mutationFn: (name: string) =>
      call(
        api.PUT("/sequences/{sequence_id}", {
          params: { path: { sequence_id: sequence.id } },
          body: { name },
        }),
      ),
    onSuccess: (changed) => {
      queries.setQueryData(["sequences", sequence.id], changed);
      return queries.invalidateQueries({ queryKey: ["sequences"] });
    },
    onSettled: () => setDraft(null),
  });
  function keep() {
    const name = draft?.trim();
    if (name && name !== sequence.name) renaming.mutate(name);
    else setDraft(null);
  }
  const shown = draft ?? sequence.name;
  return (
    <h1 className={styles.name}>
      <span className={styles.measure} aria-hidden="true">
        {shown || " "}
      </span>
      <input
        value={shown}
        size={1}
        maxLength={200}
        aria-label="Name of the sequence"
        disabled={frozen}
        data-own-undo
        onChange={(event) => setDraft(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setDraft(null);
        }}
      />
    </h1>
  );
}
