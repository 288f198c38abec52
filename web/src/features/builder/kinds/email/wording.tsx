import { useState } from "react";
import type { ProblemField } from "@/api/schema";
import { asSentence } from "@/lib/sentence";
import { Tabs } from "@/ui/page/tabs";
import { ProblemDot } from "../../fields/group";
import { useProblem } from "../../fields/problems-context";
import { TemplateField } from "../../fields/template-field";
import { type Raw, textOf } from "../../model/config";
import { type Part, variantsOf } from "./content";
import styles from "./email.module.css";

interface EmailWordingProps {
  config: Raw;
  part: Part;
  threaded: boolean;
  /** Errors of the templates as they are now, saved or not. */
  errors: readonly ProblemField[];
  onChange: (changes: Record<string, unknown>) => void;
}

/** Subject, text and HTML of the step or of one of its variants. */
export function EmailWording({ config, part, threaded, errors, onChange }: EmailWordingProps) {
  const own = part === "own";
  const raw = own ? config : (variantsOf(config)[part] ?? {});
  const path = own ? "config" : `config.variants[${part}]`;
  const [body, setBody] = useState(
    textOf(raw, "body_text") === "" && textOf(raw, "body_html") !== "" ? "html" : "text",
  );
  const set = (name: string, value: string) => onChange({ [name]: value === "" && !own ? undefined : value });
  const errorOf = (name: string, problem: string | undefined) => {
    const found = errors.find((error) => error.field === name);
    return problem ?? (found && asSentence(found.detail));
  };
  const inherits = (name: string) => (own ? undefined : textOf(config, name) || undefined);
  return (
    <>
      <TemplateField
        label="Subject"
        maxLength={998}
        value={textOf(raw, "subject")}
        placeholder={
          inherits("subject") ?? (threaded ? "Re: the thread’s" : "Quick question, {{ first_name }}")
        }
        error={errorOf("subject", useProblem(`${path}.subject`))}
        onChange={(subject) => set("subject", subject)}
      />
      <div className={styles.bodies}>
        <Tabs
          label="Bodies"
          value={body}
          onChange={setBody}
          tabs={[
            {
              value: "text",
              label: (
                <BodyTab name="Text" path={`${path}.body_text`} written={textOf(raw, "body_text") !== ""} />
              ),
              content: (
                <TemplateField
                  label="Text"
                  hideLabel
                  rows={12}
                  value={textOf(raw, "body_text")}
                  placeholder={inherits("body_text") ?? 'Hi {{ first_name | default: "there" }},'}
                  error={errorOf("body_text", useProblem(`${path}.body_text`))}
                  onChange={(text) => set("body_text", text)}
                />
              ),
            },
            {
              value: "html",
              label: (
                <BodyTab name="HTML" path={`${path}.body_html`} written={textOf(raw, "body_html") !== ""} />
              ),
              content: (
                <TemplateField
                  label="HTML"
                  hideLabel
                  code
                  rows={14}
                  value={textOf(raw, "body_html")}
                  placeholder={inherits("body_html") ?? '<p>Hi {{ first_name | default: "there" }},</p>'}
                  error={errorOf("body_html", useProblem(`${path}.body_html`))}
                  onChange={(html) => set("body_html", html)}
                />
              ),
            },
          ]}
        />
      </div>
      <p className={styles.note}>{own ? OWN : VARIANT}</p>
    </>
  );
}

const OWN = "One of the two bodies is enough. The postal address and an unsubscribe link are added below.";
const VARIANT = "Empty fields use the shared text.";

function BodyTab({ name, path, written }: { name: string; path: string; written: boolean }) {
  return (
    <>
      {name}
      {written && <span className="visually-hidden"> (written)</span>}
      <ProblemDot paths={[path]} />
    </>
  );
}
