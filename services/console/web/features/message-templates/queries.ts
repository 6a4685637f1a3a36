import { queryOptions, useMutation } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import { useReadAnew, type AlertScope } from '../alerts/scope';

export type Template = Schema<'NotificationTemplate'>;
export type TemplateLanguage = 'en' | 'zh';

/** Which one: of one kind of channel, or (null) of all that have none of their own. */
export interface TemplateKey {
  channelType: string | null;
  language: TemplateLanguage;
}

export type TemplateText = Pick<Template, 'title' | 'body'>;

/** The built-in ones, and those of one's own in their place. */
export const templatesQuery = ({ api, ws, key }: AlertScope) =>
  queryOptions({
    queryKey: ['message-templates', key],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/notification-templates', { params: { path: { ws } }, signal })),
    refetchOnWindowFocus: false,
  });

const queryOf = ({ channelType, language }: TemplateKey) => ({ language, ...(channelType !== null && { channelType }) });

/** `version`: of the own one that was read; 0: there was none. */
export function useSaveTemplate(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'message-templates');
  return useMutation({
    mutationFn: ({ of, version, body }: { of: TemplateKey; version: number; body: TemplateText }) =>
      answerOf(
        api.PUT('/v1/workspaces/{ws}/notification-templates', {
          params: { path: { ws }, query: queryOf(of), header: { 'If-Match': `"${version}"` } },
          body,
        }),
      ),
    onSuccess,
  });
}

export function useResetTemplate(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'message-templates');
  return useMutation({
    mutationFn: (of: TemplateKey) =>
      answerOf(api.DELETE('/v1/workspaces/{ws}/notification-templates', { params: { path: { ws }, query: queryOf(of) } })),
    onSuccess,
  });
}

/** What it would make of an alert, or (`alertId` undefined) of a sample. Nothing is kept or sent. */
export function usePreview({ api, ws }: AlertScope) {
  return useMutation({
    mutationFn: ({ channelType, language, ...rest }: TemplateKey & TemplateText & { alertId?: string }) =>
      answerOf(
        api.POST('/v1/workspaces/{ws}/notification-templates/preview', {
          params: { path: { ws } },
          body: { ...rest, language, ...(channelType !== null && { channelType }) },
        }),
      ),
  });
}
