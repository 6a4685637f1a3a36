import { use, useId, type ReactNode } from 'react';
import { FieldProblems, messageAt } from './field-problems';

/** To be handed to the input: its name, its help and what is wrong with it are then read out with it. */
export interface FieldControl {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
  status: 'error' | undefined;
}

export interface FieldProps {
  label: string;
  /** One plain sentence. */
  help?: string;
  /** Where the API's messages name it: `spec.storage.include`. */
  path: string;
  isRequired?: boolean;
  /** Of several inputs that make one field. */
  isGroup?: boolean;
  children: (control: FieldControl) => ReactNode;
}

/** An input with its label, its help, and what the API has said about it. */
export function Field({ label, help, path, isRequired, isGroup, children }: FieldProps) {
  const id = useId();
  const message = messageAt(use(FieldProblems), path);
  const [helpId, messageId] = [`${id}-help`, `${id}-message`];
  const describedBy = [help && helpId, message && messageId].filter(Boolean).join(' ') || undefined;
  const control: FieldControl = {
    id,
    'aria-describedby': describedBy,
    'aria-invalid': message === undefined ? undefined : true,
    status: message === undefined ? undefined : 'error',
  };
  const caption = (
    <>
      {label}
      {isRequired && <span aria-hidden="true"> *</span>}
    </>
  );
  const body = (
    <>
      {children(control)}
      {help && (
        <p id={helpId} className="field-help">
          {help}
        </p>
      )}
      {message && (
        <p id={messageId} className="field-message" role="alert">
          {message}
        </p>
      )}
    </>
  );
  if (!isGroup) {
    return (
      <div className="field">
        <label htmlFor={id}>{caption}</label>
        {body}
      </div>
    );
  }
  return (
    <div className="field" role="group" aria-labelledby={`${id}-label`} aria-describedby={describedBy}>
      <span id={`${id}-label`} className="field-label">
        {caption}
      </span>
      {body}
    </div>
  );
}
