import type { Template, TemplateKey } from './queries';

/** The own one of this very key, if there is one. */
export function ownOf(templates: readonly Template[], { channelType, language }: TemplateKey): Template | undefined {
  return templates.find((each) => !each.builtIn && each.channelType === channelType && each.language === language);
}

/** What messages are made of: the own one of the kind, else of all kinds, else the built-in one. */
export function inForce(templates: readonly Template[], key: TemplateKey): Template | undefined {
  return (
    ownOf(templates, key) ??
    ownOf(templates, { ...key, channelType: null }) ??
    templates.find(({ builtIn, language }) => builtIn && language === key.language)
  );
}
