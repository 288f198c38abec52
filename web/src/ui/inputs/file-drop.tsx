import { FileUp } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import styles from "./file-drop.module.css";

/** A file, dropped or chosen. The native input serves the keyboard and screen readers. */
export function FileDrop({
  label,
  accept,
  file,
  hint,
  disabled = false,
  onFile,
}: {
  label: string;
  accept: string;
  file: File | null;
  hint?: ReactNode;
  disabled?: boolean;
  onFile: (file: File) => void;
}) {
  const id = useId();
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const first = files?.[0];
    if (first && !disabled) onFile(first);
  };
  return (
    <label
      className={styles.drop}
      data-over={over}
      data-disabled={disabled}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <input
        type="file"
        className="visually-hidden"
        aria-label={label}
        aria-describedby={hint ? id : undefined}
        accept={accept}
        disabled={disabled}
        onChange={(event) => take(event.target.files)}
      />
      <FileUp aria-hidden="true" />
      {file ? (
        <span>
          <strong>{file.name}</strong> <span className="muted">{sizeOf(file.size)}</span>
        </span>
      ) : (
        <span>
          Drop a file here, or <span className={styles.choose}>choose one</span>
        </span>
      )}
      {hint && (
        <span id={id} className={styles.hint}>
          {hint}
        </span>
      )}
    </label>
  );
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000
    ? `${Math.max(1, Math.round(bytes / 1_000))} KB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
