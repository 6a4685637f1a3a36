import type { Texts } from '../../../language/texts';
import { en } from './en';
import { zhCn } from './zh-cn';

export const texts: Texts<typeof en> = { en, 'zh-CN': zhCn };
