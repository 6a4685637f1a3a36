// Prints what deploy/compose/kong.yaml must be: the configuration that the gateway chart makes. Needs helm (`npm run provision -- helm`).
//   node deploy/compose/render-kong.mjs > deploy/compose/kong.yaml
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const provisioned = join(process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant'), 'bin', 'helm');
const helm = existsSync(provisioned) ? provisioned : 'helm';
const chart = join(import.meta.dirname, '..', '..', 'gateway');
const values = join(import.meta.dirname, 'kong-values.yaml');
const rendered = execFileSync(helm, ['template', 'compose', chart, '-f', values, '-s', 'templates/dbless.yaml'], { encoding: 'utf8' });
process.stdout.write(`# Made by render-kong.mjs of the chart gateway/; not to be edited.\n${parse(rendered).data['kong.yaml']}`);
