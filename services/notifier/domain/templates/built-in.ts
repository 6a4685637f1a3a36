import type { Language } from '../message';

export interface TemplateText {
  readonly title: string;
  readonly body: string;
}

const TITLE_EN =
  '{% if digest %}Digest: {{ count }} alerts{% else %}{% if escalation %}Not acknowledged: {% endif %}[{% if status == "firing" %}{{ severity | upcase }}{% else %}RESOLVED{% endif %}] {{ alerts[0].title }}{% if alerts[0].subject != "" %}: {{ alerts[0].subject }}{% endif %}{% if count > 1 %} (+{{ count | minus: 1 }}){% endif %}{% endif %}';
const TITLE_ZH =
  '{% if digest %}告警汇总：{{ count }} 条{% else %}{% if escalation %}未确认：{% endif %}[{% if status == "firing" %}{{ severity_name }}{% else %}已恢复{% endif %}] {{ alerts[0].title }}{% if alerts[0].subject != "" %}：{{ alerts[0].subject }}{% endif %}{% if count > 1 %}（另有 {{ count | minus: 1 }} 条）{% endif %}{% endif %}';

const body = (word: { since: string; until: string; more: string; still: string; resolved: string }) =>
  `{% for alert in alerts -%}
{% if alert.status == "resolved" %}${word.resolved} {% endif %}[{{ alert.severity_name }}] {{ alert.title }}{% if alert.subject != "" %}: {{ alert.subject }}{% endif %}
{% if alert.text != "" %}{{ alert.text }}
{% endif -%}
{% if alert.status == "firing" and alert.advice != "" %}{{ alert.advice }}
{% endif -%}
${word.since} {{ alert.starts_at }}{% if alert.ends_at != "" %} ${word.until} {{ alert.ends_at }}{% endif %}
{% unless forloop.last %}
{% endunless -%}
{% endfor -%}
{% if more > 0 %}
${word.more}
{% endif -%}
{% if status == "firing" and firing == 0 and still_firing > 0 %}
${word.still}
{% endif -%}
`;

/** What is said where nobody wrote a template. */
export const BUILT_IN: Readonly<Record<Language, TemplateText>> = {
  en: {
    title: TITLE_EN,
    body: body({
      since: 'Since',
      until: 'until',
      more: 'and {{ more }} more',
      still: '{{ still_firing }} of this group still fire',
      resolved: 'Resolved:',
    }),
  },
  zh: {
    title: TITLE_ZH,
    body: body({
      since: '开始于',
      until: '，结束于',
      more: '另有 {{ more }} 条',
      still: '本组仍有 {{ still_firing }} 条告警',
      resolved: '已恢复：',
    }),
  },
};
