import { useQuery } from "@tanstack/react-query";
import { Braces } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useId, useRef } from "react";
import { flushSync } from "react-dom";
import { Button } from "@/ui/inputs/button";
import fieldStyles from "@/ui/inputs/field.module.css";
import { vocabularyQuery } from "./queries";
import styles from "./template-field.module.css";
import { type Edited, FILTERS, insertField, insertFilter, type MergeField, mergeFields } from "./templating";

interface TemplateFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  hint?: string;
  placeholder?: string;
  maxLength?: number;
  /** The number of rows of a text area. Without it the template is one line. */
  rows?: number;
  /** Uses a monospaced font, for HTML. */
  code?: boolean;
  /** The label is for screen readers only, and the menu stands in the row above, beside the tabs. */
  hideLabel?: boolean;
}

/** A Liquid template with a menu of fields and filters that are inserted at the cursor. */
export function TemplateField({
  label,
  value,
  onChange,
  error,
  hint,
  rows,
  code = false,
  hideLabel = false,
  ...rest
}: TemplateFieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const Control = rows === undefined ? "input" : "textarea";

  function apply(edited: Edited | null) {
    if (edited === null) return;
    flushSync(() => onChange(edited.text));
    input.current?.focus();
    input.current?.setSelectionRange(edited.start, edited.end);
  }
  const selection = () => [
    input.current?.selectionStart ?? value.length,
    input.current?.selectionEnd ?? value.length,
  ];
  return (
    <div className={fieldStyles.field}>
      <div className={hideLabel ? styles.above : styles.head}>
        <label htmlFor={id} className={hideLabel ? "visually-hidden" : fieldStyles.label}>
          {label}
        </label>
        <InsertMenu
          label={label}
          onField={(field) => {
            const [start = 0, end = 0] = selection();
            apply(insertField(value, start, end, field));
          }}
          onFilter={(filter) => apply(insertFilter(value, selection()[0] ?? 0, filter))}
          canFilter={() => insertFilter(value, selection()[0] ?? 0, "x") !== null}
          onClosed={() => input.current?.focus()}
        />
      </div>
      <Control
        {...rest}
        id={id}
        ref={input}
        {...(rows === undefined ? { type: "text" } : { rows })}
        value={value}
        aria-describedby={described}
        aria-invalid={error ? true : undefined}
        className={`${fieldStyles.control} ${rows === undefined ? "" : fieldStyles.area} ${code ? styles.code : ""}`}
        onChange={(event: { target: { value: string } }) => onChange(event.target.value)}
      />
      {hint && (
        <p id={`${id}-hint`} className={fieldStyles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={fieldStyles.error}>
          {error}
        </p>
      )}
    </div>
  );
}

interface InsertMenuProps {
  label: string;
  onField: (field: MergeField) => void;
  onFilter: (filter: string) => void;
  canFilter: () => boolean;
  onClosed: () => void;
}

function InsertMenu({ label, onField, onFilter, canFilter, onClosed }: InsertMenuProps) {
  const { data } = useQuery(vocabularyQuery);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button
          look="quiet"
          size="sm"
          className={styles.insert ?? ""}
          aria-label={`Insert a field into: ${label}`}
        >
          <Braces aria-hidden="true" />
          Insert
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          align="end"
          sideOffset={4}
          onCloseAutoFocus={(event) => {
            // Moves the focus to the text, where the insertion is, and not back to the button.
            event.preventDefault();
            onClosed();
          }}
        >
          {mergeFields(data?.custom ?? []).map(([group, fields]) => (
            <DropdownMenu.Group key={group}>
              <DropdownMenu.Label className={styles.group}>{group}</DropdownMenu.Label>
              {fields.map((field) => (
                <Item
                  key={field.name}
                  label={field.label}
                  note={field.name}
                  onSelect={() => onField(field)}
                />
              ))}
            </DropdownMenu.Group>
          ))}
          <DropdownMenu.Group>
            <DropdownMenu.Label className={styles.group}>
              Filters, for the field at the cursor
            </DropdownMenu.Label>
            {FILTERS.map(([filter, does]) => (
              <Item
                key={filter}
                label={does}
                note={filter}
                disabled={!canFilter()}
                onSelect={() => onFilter(filter)}
              />
            ))}
          </DropdownMenu.Group>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({
  label,
  note,
  disabled = false,
  onSelect,
}: {
  label: string;
  note: string;
  disabled?: boolean;
  onSelect: () => void;
}) {
  return (
    <DropdownMenu.Item className={styles.item} disabled={disabled} textValue={label} onSelect={onSelect}>
      <span>{label}</span>
      <code>{note}</code>
    </DropdownMenu.Item>
  );
}
