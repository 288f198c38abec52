import { X } from "lucide-react";
import { useState } from "react";
import { Field } from "@/ui/field";
import styles from "./tag-input.module.css";
import { withTags } from "./tags";

/** Tags as chips: Enter or a comma adds, Backspace in the empty box takes the last one away. */
export function TagInput({
  tags,
  error,
  hideLabel = false,
  onChange,
}: {
  tags: readonly string[];
  error?: string | undefined;
  hideLabel?: boolean;
  onChange: (tags: string[]) => void;
}) {
  const [typed, setTyped] = useState("");
  const add = () => {
    const next = withTags(tags, typed);
    setTyped("");
    if (next.length !== tags.length) onChange(next);
  };
  return (
    <Field label="Tags" error={error} hideLabel={hideLabel}>
      {(control) => (
        <div className={styles.box}>
          {tags.map((tag) => (
            <span key={tag} className={styles.chip}>
              {tag}
              <button
                type="button"
                aria-label={`Remove tag ${tag}`}
                onClick={() => onChange(tags.filter((other) => other !== tag))}
              >
                <X aria-hidden="true" />
              </button>
            </span>
          ))}
          <input
            {...control}
            className={styles.input}
            value={typed}
            placeholder={tags.length === 0 ? "Add a tag" : ""}
            onChange={(event) => setTyped(event.target.value)}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key === "Enter" || event.key === ",") {
                if (typed.trim()) event.preventDefault();
                add();
              } else if (event.key === "Backspace" && !typed && tags.length > 0) {
                onChange(tags.slice(0, -1));
              }
            }}
          />
        </div>
      )}
    </Field>
  );
}
