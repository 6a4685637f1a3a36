/** Of this very page: the server has put it into the index, and names it in the policy of that answer alone. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/**
 * Gives every style element that a script makes the nonce. Ant Design does so by itself, but the parts that it is made of do not (the scroll
 * lock of @rc-component/portal, the measuring of scrollbars in @rc-component/util), and would be refused. The policy loses nothing by it: the
 * nonce keeps out styles that came with markup, while whatever runs as a script could set styles anyway.
 */
export function giveStylesTheNonce(): void {
  const createElement = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = createElement(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
}
