import { theme, type ThemeConfig } from 'antd';

export const LOOKS = ['light', 'dark', 'system'] as const;
export type Look = (typeof LOOKS)[number];

const KEY = 'smartant.look';

export function preferredLook(): Look {
  const chosen = localStorage.getItem(KEY);
  return LOOKS.find((look) => look === chosen) ?? 'system';
}

export function rememberLook(look: Look): void {
  localStorage.setItem(KEY, look);
}

/** Greys of small text are darker than Ant Design's own, which miss the contrast of 4.5 to 1 that WCAG asks for. */
const light = {
  colorBgLayout: '#f4f6fa',
  colorTextSecondary: 'rgba(15, 23, 42, 0.72)',
  colorTextTertiary: 'rgba(15, 23, 42, 0.66)',
  colorTextDescription: 'rgba(15, 23, 42, 0.68)',
  colorTextPlaceholder: 'rgba(15, 23, 42, 0.62)',
  colorError: '#cf1322',
  colorErrorText: '#b4161b',
};
const dark = {
  colorErrorText: '#ff8f8f',
  colorBgLayout: '#0d1117',
  colorBgContainer: '#161b22',
  colorBgElevated: '#1f2630',
  colorTextSecondary: 'rgba(240, 246, 252, 0.74)',
  colorTextTertiary: 'rgba(240, 246, 252, 0.66)',
  colorTextDescription: 'rgba(240, 246, 252, 0.68)',
  colorTextPlaceholder: 'rgba(240, 246, 252, 0.62)',
};

export function themeOf(isDark: boolean): ThemeConfig {
  return {
    cssVar: { key: 'smartant' },
    hashed: false,
    algorithm: isDark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: isDark ? '#5b7cfa' : '#2546d2',
      colorLink: isDark ? '#8ea6ff' : '#2546d2',
      borderRadius: 8,
      fontFamily:
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif",
      ...(isDark ? dark : light),
    },
  };
}
