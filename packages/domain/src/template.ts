/** A text with `{{.Name}}` where values go: one more literal than names, each name between two of them. */
export type Template = { literals: readonly string[]; names: readonly string[] };

/** Where a text is no template, both counted from 1; columns in code points. */
export type TemplateFault = { line: number; column: number; message: string };
export type ParsedTemplate = { ok: true; template: Template } | { ok: false; faults: TemplateFault[] };

export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PLACEHOLDER = /\{\{[ \t]*\.([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}/y;
const OPENING = '{{';
/** Whoever made so many sees from these what is wrong. */
const FAULTS_TOLD_MAX = 20;

/**
 * Reads a template, strictly: whatever begins with `{{` is a placeholder, or a fault. There is nothing else in the
 * language, so nothing in it can be run. Never throws; takes time linear in the text.
 */
export function parseTemplate(text: string): ParsedTemplate {
  const literals: string[] = [];
  const names: string[] = [];
  const wrongAt: number[] = [];
  let from = 0;
  for (let at = text.indexOf(OPENING); at !== -1; at = text.indexOf(OPENING, from)) {
    PLACEHOLDER.lastIndex = at;
    const name = PLACEHOLDER.exec(text)?.[1];
    if (name === undefined) wrongAt.push(at);
    else {
      literals.push(text.slice(from, at));
      names.push(name);
    }
    from = name === undefined ? at + OPENING.length : PLACEHOLDER.lastIndex;
  }
  literals.push(text.slice(from));
  return wrongAt.length === 0
    ? { ok: true, template: { literals, names } }
    : { ok: false, faults: faultsAt(text, wrongAt.slice(0, FAULTS_TOLD_MAX)) };
}

/** In one pass over the text. */
function faultsAt(text: string, wrongAt: number[]): TemplateFault[] {
  let [line, column, from] = [1, 1, 0];
  return wrongAt.map((at) => {
    for (const character of text.slice(from, at)) {
      column = character === '\n' ? 1 : column + 1;
      line += character === '\n' ? 1 : 0;
    }
    from = at;
    return { line, column, message: messageFor(text.slice(at)) };
  });
}

function messageFor(rest: string): string {
  const isOpen = !rest.includes('}}');
  return isOpen
    ? 'the {{ is never closed by }}'
    : 'a placeholder is written {{.Name}}, of A-Z, a-z, 0-9 and _';
}

/** What a placeholder may be replaced by. */
export type TemplateValue = string | number | boolean;

/** The names of a template that the variables have no value for, each once, and why. */
export function valueFaults(
  { names }: Template,
  variables: Record<string, unknown>,
): { name: string; message: string }[] {
  return [...new Set(names)].flatMap((name) => {
    const message = valueFault(given(variables, name));
    return message === null ? [] : [{ name, message }];
  });
}

/** `__proto__` and `constructor` are names like any others: what a client did not send is not there. */
function given(variables: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function valueFault(value: unknown): string | null {
  if (value === undefined || value === null) return 'is missing';
  return isValue(value) ? null : 'must be a string, a number or a boolean';
}

function isValue(value: unknown): value is TemplateValue {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'string' || typeof value === 'boolean';
}

export type RenderRules = {
  /** The text is HTML: values are escaped for it. */
  isHtml: boolean;
  /**
   * In code units. Rendering ends once the text is longer, so that many placeholders of one long value cost no more
   * than what is asked for; the text is too long then, and not whole.
   */
  lengthMax: number;
};

/** The template with a value in place of every placeholder, and nothing where there is none: see {@link valueFaults}. */
export function renderTemplate(
  { literals, names }: Template,
  variables: Record<string, unknown>,
  { isHtml, lengthMax }: RenderRules,
): string {
  let text = literals[0] ?? '';
  for (let index = 0; index < names.length && text.length <= lengthMax; index += 1) {
    const value = given(variables, names[index] ?? '');
    const written = isValue(value) ? String(value) : '';
    text += (isHtml ? escapeHtml(written) : written) + (literals[index + 1] ?? '');
  }
  return text;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text, and for the value of an attribute in quotes of either kind. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
