import { isRaw, listOf, numberOf, type Raw, textOf } from "../../model/config";
import type { DraftStep } from "../../model/step";

/** The wordings of an email: the step's own, and its variants'. */

export interface Content {
  subject: string;
  body_text: string;
  body_html: string;
}

/** Which wording is meant: the step's own, or a variant's place. */
export type Part = "own" | number;

export function variantsOf(config: Raw): Raw[] {
  return listOf(config, "variants").map((variant) => (isRaw(variant) ? variant : {}));
}

/** What is sent of a part, as the server puts it together: what a variant leaves empty is the step's own, but a body of one
 * kind does not take over the other kind. */
export function contentOf(config: Raw, part: Part): Content {
  const own = wordingOf(config);
  const variant = part === "own" ? undefined : variantsOf(config)[part];
  if (variant === undefined) return own;
  const its = wordingOf(variant);
  return {
    subject: its.subject || own.subject,
    body_text: its.body_text || (its.body_html ? "" : own.body_text),
    body_html: its.body_html || (its.body_text ? "" : own.body_html),
  };
}

function wordingOf(raw: Raw): Content {
  return {
    subject: textOf(raw, "subject"),
    body_text: textOf(raw, "body_text"),
    body_html: textOf(raw, "body_html"),
  };
}

/** The share of leads that each variant gets, between 0 and 1. */
export function sharesOf(variants: readonly Raw[]): number[] {
  const weights = variants.map((variant) => Math.max(numberOf(variant, "weight") ?? 1, 0));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (all === 0 ? 0 : weight / all));
}

/** With one variant more. The first one comes in a pair: the step's own wording has to stand against something. */
export function withVariant(variants: readonly Raw[]): Raw[] {
  const next = [...variants, { name: freeName(variants), weight: 1 }];
  return variants.length === 0 ? withVariant(next) : next;
}

function freeName(variants: readonly Raw[]): string {
  const taken = new Set(variants.map((variant) => textOf(variant, "name")));
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
  return letters.find((letter) => !taken.has(letter)) ?? `Variant ${variants.length + 1}`;
}

/** The subject of the thread that an email replies in: that of the last email before it which has one. */
export function threadSubject(step: DraftStep, steps: readonly DraftStep[]): string | null {
  const here = steps.findIndex((other) => other.key === step.key);
  const subjects = steps
    .slice(0, Math.max(here, 0))
    .filter((other) => other.type === "email")
    .map((other) => contentOf(other.config, variantsOf(other.config).length > 0 ? 0 : "own").subject);
  return subjects.findLast((subject) => subject.trim() !== "") ?? null;
}
