import { Popover } from "radix-ui";
import { type KeyboardEvent, useId, useState } from "react";
import styles from "./combobox.module.css";
import { Field } from "./field";
import fieldStyles from "./field.module.css";

export interface ComboboxOption {
  value: string;
  label: string;
  /** Shown smaller, behind the label. */
  note?: string;
}

interface ComboboxProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  hideLabel?: boolean;
  options: readonly ComboboxOption[];
  value: string;
  /** The text for a `value` that is not among the `options`. */
  valueLabel?: string;
  placeholder?: string;
  onChange: (value: string) => void;
  /** Called with the search text if the options are searched elsewhere. Without it they are filtered here. */
  onSearch?: (text: string) => void;
}

const SHOWN = 60;

/** A select with a search box (the ARIA combobox pattern): arrows move, Enter picks, Escape closes. */
export function Combobox({
  options,
  value,
  valueLabel,
  placeholder,
  onChange,
  onSearch,
  ...field
}: ComboboxProps) {
  const list = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const found = (onSearch ? options : matching(options, typed ?? "")).slice(0, SHOWN);
  const shown = typed ?? options.find((option) => option.value === value)?.label ?? valueLabel ?? value;

  function search(text: string) {
    setTyped(text);
    setOpen(true);
    setActive(0);
    onSearch?.(text);
  }
  function close() {
    setOpen(false);
    setTyped(null);
    if (typed !== null) onSearch?.("");
  }
  function pick(option: ComboboxOption | undefined) {
    if (option) onChange(option.value);
    close();
  }
  function press(event: KeyboardEvent) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      if (open) setActive((active + step + found.length) % Math.max(found.length, 1));
      else setOpen(true);
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      pick(found[active]);
    }
  }
  return (
    <Popover.Root open={open} onOpenChange={(next) => (next ? setOpen(true) : close())}>
      <Field {...field}>
        {(control) => (
          <Popover.Anchor asChild>
            <input
              {...control}
              type="text"
              role="combobox"
              aria-expanded={open}
              aria-controls={open ? list : undefined}
              aria-autocomplete="list"
              aria-activedescendant={open && found[active] ? `${list}-${active}` : undefined}
              autoComplete="off"
              className={`${fieldStyles.control} ${fieldStyles.select}`}
              value={shown}
              placeholder={placeholder}
              onChange={(event) => search(event.target.value)}
              onFocus={(event) => event.target.select()}
              onClick={() => setOpen(true)}
              onKeyDown={press}
              onBlur={close}
            />
          </Popover.Anchor>
        )}
      </Field>
      <Popover.Content
        id={list}
        role="listbox"
        aria-label={field.label}
        align="start"
        sideOffset={4}
        className={styles.list}
        onOpenAutoFocus={(event) => event.preventDefault()}
        onCloseAutoFocus={(event) => event.preventDefault()}
        // The input keeps the focus while the list is used, so that leaving the input closes the list.
        onMouseDown={(event) => event.preventDefault()}
        onFocusOutside={(event) => event.preventDefault()}
        onPointerDownOutside={(event) => event.preventDefault()}
      >
        {found.map((option, index) => (
          <Option
            key={option.value}
            id={`${list}-${index}`}
            option={option}
            active={index === active}
            selected={option.value === value}
            onPick={() => pick(option)}
          />
        ))}
        {found.length === 0 && (
          <div role="option" aria-selected="false" aria-disabled="true" tabIndex={-1} className={styles.none}>
            Nothing found
          </div>
        )}
      </Popover.Content>
    </Popover.Root>
  );
}

interface OptionProps {
  id: string;
  option: ComboboxOption;
  active: boolean;
  selected: boolean;
  onPick: () => void;
}

function Option({ id, option, active, selected, onPick }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      data-active={active}
      className={styles.option}
      ref={(element) => {
        if (active) element?.scrollIntoView({ block: "nearest" });
      }}
      onClick={onPick}
    >
      <span>{option.label}</span>
      {option.note && <span className={styles.note}>{option.note}</span>}
    </div>
  );
}

function matching(options: readonly ComboboxOption[], text: string): readonly ComboboxOption[] {
  const words = text.toLowerCase().split(/[\s/_]+/);
  return options.filter((option) => {
    const label = option.label.toLowerCase();
    return words.every((word) => label.includes(word));
  });
}
