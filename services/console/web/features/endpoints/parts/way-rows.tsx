import { Checkbox, Input, InputNumber, Select } from 'antd';
import { LinesInput } from '../../../elements/lines-input';
import { RowsField } from '../../../elements/rows-field';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';
import { BLANK_WAY, MAX_STEPS, type Step, type Way, type WayKind, type WaySecret } from '../ways';

const KINDS = Object.keys(BLANK_WAY) as WayKind[];

export interface WayRowsProps {
  steps: Step[];
  onChange: (steps: Step[]) => void;
}

/** Proxies and bastions between the platform and an endpoint. */
export function WayRows({ steps, onChange }: WayRowsProps) {
  const t = useTexts(texts);
  return (
    <RowsField<Step>
      label={t.ways}
      help={t.waysHelp}
      path="location.via"
      max={MAX_STEPS}
      blank={{ way: BLANK_WAY.ssh, secret: {} }}
      rows={steps}
      onChange={(rows) => onChange(rows ?? [])}
    >
      {({ way, secret }, change) => (
        <>
          <Select<WayKind>
            aria-label={t.wayKind}
            value={way.kind}
            options={KINDS.map((kind) => ({ value: kind, label: t.wayKinds[kind] }))}
            onChange={(kind) => change({ way: BLANK_WAY[kind], secret: {} })}
          />
          <WayInputs way={way} onChange={(changed) => change({ way: changed })} />
          <WaySecretInputs kind={way.kind} secret={secret} onChange={(changed) => change({ secret: changed })} />
        </>
      )}
    </RowsField>
  );
}

function WayInputs({ way, onChange }: { way: Way; onChange: (way: Way) => void }) {
  const t = useTexts(texts);
  return (
    <>
      <Input
        aria-label={t.wayHost}
        placeholder="bastion.example.com"
        value={way.host}
        onChange={({ target }) => onChange({ ...way, host: target.value })}
      />
      <InputNumber
        aria-label={t.wayPort}
        min={1}
        max={65_535}
        controls={false}
        value={way.port}
        onChange={(port) => onChange({ ...way, port: port ?? BLANK_WAY[way.kind].port })}
      />
      <Input
        aria-label={t.wayUser}
        placeholder={t.wayUser}
        value={way.user ?? ''}
        onChange={({ target }) => onChange(withUser(way, target.value))}
      />
      {way.kind === 'proxy' && (
        <Checkbox checked={way.tls} onChange={({ target }) => onChange({ ...way, tls: target.checked })}>
          {t.wayTls}
        </Checkbox>
      )}
      {way.kind === 'ssh' && (
        <LinesInput
          className="whole mono"
          aria-label={t.wayHostKeys}
          placeholder={t.wayHostKeysHelp}
          rows={2}
          value={way.hostKeys}
          onChange={(hostKeys) => onChange({ ...way, hostKeys })}
        />
      )}
    </>
  );
}

/** A proxy needs no user: an empty one is none. Of a bastion that is missing the API says so. */
function withUser(way: Way, user: string): Way {
  if (way.kind === 'ssh' || user !== '') return { ...way, user };
  const { user: _, ...rest } = way;
  return rest;
}

export interface WaySecretInputsProps {
  kind: WayKind;
  secret: WaySecret;
  onChange: (secret: WaySecret) => void;
}

/** What a step is signed in to with. */
export function WaySecretInputs({ kind, secret, onChange }: WaySecretInputsProps) {
  const t = useTexts(texts);
  const become = (name: keyof WaySecret, value: string) => {
    const { [name]: _, ...others } = secret;
    onChange(value === '' ? others : { ...others, [name]: value });
  };
  // A browser that offers to save it, or fills in the password of somebody's account, is of no help here.
  const common = { autoComplete: 'new-password', spellCheck: false };
  const hidden = (name: 'password' | 'passphrase', label: string) => (
    <Input.Password
      {...common}
      aria-label={label}
      placeholder={label}
      value={secret[name] ?? ''}
      onChange={({ target }) => become(name, target.value)}
    />
  );
  return (
    <>
      {hidden('password', t.wayPassword)}
      {kind === 'ssh' && (
        <>
          <Input.TextArea
            {...common}
            className="whole mono"
            aria-label={t.wayKey}
            placeholder={t.wayKey}
            rows={2}
            value={secret.privateKeyPem ?? ''}
            onChange={({ target }) => become('privateKeyPem', target.value)}
          />
          {hidden('passphrase', t.wayPassphrase)}
        </>
      )}
    </>
  );
}
