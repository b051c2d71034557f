import { check } from '@fanfare/contracts';
import { objectFault } from './json-object.ts';
import {
  type Draft,
  type Fault,
  type Validated,
  validateNotification,
  type ValidationRules,
} from './validation.ts';

export type BatchDraft = { drafts: Draft[]; metadata: Record<string, unknown> | null };

/** Checks a batch as a client gave it, and says everything that is wrong with it and its members at once. */
export function validateBatch(input: unknown, rules: ValidationRules): Validated<BatchDraft> {
  const checked = check('NewBatch', input, ({ metadata = null }, fault) => {
    const wrong = metadata === null ? null : objectFault(metadata);
    if (wrong !== null) fault('metadata', wrong);
  });
  const { notifications = [], metadata = null } = checked.given;
  const members = separated(notifications.map((member) => validateNotification(member, rules)));
  const faults = [...(checked.ok ? [] : checked.faults), ...members.faults];
  return faults.length > 0
    ? { ok: false, faults }
    : { ok: true, value: { drafts: members.values, metadata } };
}

/** All members of a batch, or every fault of every one of them. */
export function allOf<T>(members: Validated<T>[]): Validated<T[]> {
  const { values, faults } = separated(members);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: values };
}

function separated<T>(members: Validated<T>[]): { values: T[]; faults: Fault[] } {
  return {
    values: members.flatMap((member) => (member.ok ? [member.value] : [])),
    faults: members.flatMap((member, index) => (member.ok ? [] : member.faults.map(under(index)))),
  };
}

function under(index: number): (fault: Fault) => Fault {
  const prefix = `notifications[${index}]`;
  return (member) => ({ ...member, field: member.field === '' ? prefix : `${prefix}.${member.field}` });
}
