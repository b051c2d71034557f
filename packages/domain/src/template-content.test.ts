import type { Channel } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type ContentTemplate,
  namesIn,
  parseContentTemplate,
  renderDraft,
  type TemplateTexts,
} from './template-content.ts';
import { DEFAULT_CONTENT_LIMITS, type Draft, validateNotification } from './validation.ts';

const NOW = 1_780_000_000_000;
const RULES = { limits: DEFAULT_CONTENT_LIMITS, now: NOW };

function texts(body: string, more: Partial<TemplateTexts> = {}): TemplateTexts {
  return { body, subject: null, html: null, ...more };
}

function parsed(channel: Channel, source: TemplateTexts): ContentTemplate {
  const result = parseContentTemplate(channel, source);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

const RECIPIENTS = { sms: '+15550100', email: 'ada@example.com', push: 'token' };

function draft(channel: Channel, template_variables: Record<string, unknown>, more: object = {}): Draft {
  const template_id = '00000000-0000-4000-8000-000000000001';
  const input = { channel, recipient: RECIPIENTS[channel], template_id, template_variables, ...more };
  const result = validateNotification(input, RULES);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

function fieldsOf(
  result: ReturnType<typeof renderDraft> | ReturnType<typeof parseContentTemplate>,
): string[] {
  return result.ok ? [] : result.faults.map(({ field, type }) => `${type} ${field}`);
}

describe('content of a template', () => {
  it('says where each text is wrong, all at once', () => {
    const result = parseContentTemplate('email', texts('a\n{{b}}', { subject: 'x\ny', html: '<p>{{.A</p>' }));
    expect(result.ok ? [] : result.faults).to.deep.equal([
      {
        field: 'body',
        message: 'line 2, column 1: a placeholder is written {{.Name}}, of A-Z, a-z, 0-9 and _',
        type: 'invalid-template',
      },
      { field: 'subject', message: 'must be one line without control characters', type: 'invalid-template' },
      {
        field: 'html',
        message: 'line 1, column 4: the {{ is never closed by }}',
        type: 'invalid-template',
      },
    ]);
  });

  for (const [what, channel, source] of [
    ['blank', 'sms', texts(' \n')],
    ['with a NUL', 'sms', texts('a\0')],
    ['with half of a surrogate pair', 'sms', texts('a\ud800')],
    ['with a subject, and no e-mail', 'push', texts('a', { subject: 'b' })],
    ['with HTML, and no e-mail', 'sms', texts('a', { html: 'b' })],
  ] as const)
    it(`refuses one ${what}`, () => {
      expect(fieldsOf(parseContentTemplate(channel, source))).to.have.length(1);
    });

  it('knows its names, in order', () => {
    const template = parsed(
      'email',
      texts('{{.B}}{{.A}}', { subject: '{{.C}}{{.A}}', html: '{{.B}}{{.D}}' }),
    );
    expect(namesIn(template)).to.deep.equal(['B', 'A', 'C', 'D']);
  });

  it('takes the place of the content', () => {
    const template = parsed('sms', texts('Hi {{.Name}}'));
    const one = draft('sms', { Name: '<Ada> & 👋' }, { content: 'something else' });
    const result = renderDraft(one, template, DEFAULT_CONTENT_LIMITS);
    expect(result.ok && result.value).to.deep.equal({ ...one, content: 'Hi <Ada> & 👋' });
  });

  it('escapes in HTML alone', () => {
    const template = parsed('email', texts('{{.A}}', { subject: '{{.A}}', html: '<p>{{.A}}</p>' }));
    const result = renderDraft(draft('email', { A: '<&' }), template, DEFAULT_CONTENT_LIMITS);
    expect(result.ok && result.value).to.include({ content: '<&', subject: '<&', html: '<p>&lt;&amp;</p>' });
  });

  it('leaves the subject and HTML of the request where it has none', () => {
    const own = { subject: 'Mine', html: '<p>{{.A}}</p>' };
    const result = renderDraft(
      draft('email', { A: 'x' }, own),
      parsed('email', texts('{{.A}}')),
      RULES.limits,
    );
    expect(result.ok && result.value).to.include({ ...own, content: 'x' });
  });

  it('says everything that is missing at once', () => {
    const template = parsed('email', texts('{{.A}}{{.B}}', { subject: '{{.C}}', html: '{{.A}}{{.D}}' }));
    const result = renderDraft(draft('email', { B: 1, D: [1] }), template, RULES.limits);
    expect(fieldsOf(result)).to.deep.equal(
      ['A', 'C', 'D'].map((name) => `template-render-failed template_variables.${name}`),
    );
    expect(fieldsOf(renderDraft(draft('email', {}), template, RULES.limits))).to.have.length(4);
  });

  it('is not there, or for another channel', () => {
    for (const template of [null, parsed('email', texts('{{.A}}'))])
      expect(fieldsOf(renderDraft(draft('sms', {}), template, RULES.limits))).to.deep.equal([
        'unknown-template template_id',
      ]);
  });

  it('holds what comes out to the limits of its channel', () => {
    const sms = parsed('sms', texts('{{.A}}'));
    const rendered = (value: string) => fieldsOf(renderDraft(draft('sms', { A: value }), sms, RULES.limits));
    expect(rendered('👋'.repeat(160))).to.deep.equal([]);
    for (const value of ['👋'.repeat(161), 'x'.repeat(8_000), ' ', '\n'])
      expect(rendered(value), value).to.deep.equal(['invalid-content content']);
    const mail = parsed('email', texts('a', { subject: '{{.A}}', html: '{{.B}}' }));
    const result = renderDraft(draft('email', { A: 'x\r\nBcc: y', B: '' }), mail, RULES.limits);
    expect(fieldsOf(result)).to.deep.equal(['invalid-content subject', 'invalid-content html']);
  });

  it('renders only what a notification may say: law', () => {
    const pieces = fc.array(fc.constantFrom('{{.A}}', '{{.B}}', 'x', ' ', '👋', '\n', 'word'));
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constant('long '.repeat(30)),
      fc.double(),
      fc.boolean(),
    );
    fc.assert(
      fc.property(pieces, fc.record({ A: value, B: value }, { requiredKeys: [] }), (body, given) => {
        const source = parseContentTemplate('sms', texts(body.join('')));
        const checked = validateNotification({ ...draft('sms', {}), template_variables: given }, RULES);
        if (!source.ok || !checked.ok) return;
        const result = renderDraft(checked.value, source.value, RULES.limits);
        if (!result.ok) {
          expect(result.faults).to.not.be.empty;
          return;
        }
        const again = { ...result.value, template_id: null, template_variables: null };
        expect(validateNotification(again, RULES)).to.deep.equal({ ok: true, value: again });
      }),
      { numRuns: 500 },
    );
  });
});
