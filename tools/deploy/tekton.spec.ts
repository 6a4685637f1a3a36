import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const FOLDER = join(__dirname, '..', '..', 'deploy', 'tekton');

interface Named {
  name: string;
}
interface Param extends Named {
  value?: unknown;
  default?: unknown;
}
interface Step extends Named {
  image?: string;
  script: string;
  workingDir?: string;
  env?: Param[];
}
interface Task {
  metadata: Named;
  spec: {
    params?: Param[];
    workspaces: (Named & { optional?: boolean })[];
    steps: Step[];
    stepTemplate?: { image: string; workingDir?: string; env?: Param[] };
  };
}
interface PipelineTask extends Named {
  taskRef: Named;
  runAfter?: string[];
  params?: Param[];
  workspaces: Named[];
}
interface Pipeline {
  spec: { params: Param[]; workspaces: (Named & { optional?: boolean })[]; tasks: PipelineTask[] };
}
interface Listener {
  spec: {
    serviceAccountName: string;
    triggers: {
      name: string;
      interceptors: { ref: { name: string; kind: string }; params: { name: string; value: unknown }[] }[];
      bindings: { ref: string }[];
      template: { ref: string };
    }[];
  };
}
interface Template {
  metadata: Named;
  spec: { params: Param[]; resourcetemplates: { kind: string; spec: { pipelineRef: Named; params: Param[]; workspaces: Named[] } }[] };
}

const manifests = readdirSync(FOLDER).flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => document.toJS() as { kind: string; metadata: Named }),
);
const of = <T>(kind: string) => manifests.filter((manifest) => manifest.kind === kind) as unknown as T[];
const names = (list: Named[] = []) => list.map(({ name }) => name).sort();

const tasks = of<Task>('Task');
const [pipeline] = of<Pipeline>('Pipeline') as [Pipeline];
const [listener] = of<Listener>('EventListener') as [Listener];
const [template] = of<Template>('TriggerTemplate') as [Template];
const [binding] = of<{ metadata: Named; spec: { params: Param[] } }>('TriggerBinding') as [{ metadata: Named; spec: { params: Param[] } }];
const required = (params: Param[] = []) => names(params.filter((param) => param.default === undefined));

describe('tasks of Tekton', () => {
  it.each(tasks.map((task) => [task.metadata.name, task] as const))(
    '%s puts nothing from outside into the text of a script',
    (_name, { spec }) => {
      for (const step of spec.steps) {
        expect(step.script).not.toContain('$(params');
        expect(step.script).not.toContain('$(workspaces');
        const image = (step.image ?? spec.stepTemplate?.image)!;
        expect(image).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/);
        // What is distroless has BusyBox alone, where it is made for debugging.
        const shell = image.includes('/cosign:') ? '/busybox/sh' : '/bin/sh';
        expect(step.script.split('\n').slice(0, 2)).toEqual([`#!${shell}`, 'set -eu']);
      }
    },
  );

  it.each(tasks.map((task) => [task.metadata.name, task] as const))(
    '%s reads what it declares, and declares what it reads',
    (_name, { spec }) => {
      const text = JSON.stringify(spec);
      const read = (kind: string) =>
        [...new Set([...text.matchAll(new RegExp(`\\$\\(${kind}\\.([\\w-]+)`, 'g'))].map(([, name]) => name))].sort();
      expect(read('params')).toEqual(names(spec.params));
      expect(read('workspaces')).toEqual(names(spec.workspaces));
    },
  );
});

describe('the sources of a run of Tekton', () => {
  const source = tasks.find(({ metadata }) => metadata.name === 'smartant-source')!;

  it('are fetched into a volume that is not quite empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'smartant-tekton-'));
    try {
      const [repository, volume] = [join(folder, 'origin'), join(folder, 'volume')];
      const git = (...args: string[]) =>
        execFileSync('git', ['-C', repository, '-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
          encoding: 'utf8',
        }).trim();
      for (const made of [repository, join(volume, 'lost+found')]) mkdirSync(made, { recursive: true });
      git('init', '--quiet');
      writeFileSync(join(repository, 'package.json'), '{}');
      git('add', '.');
      git('commit', '--quiet', '--message', 'Begin');
      const { script } = source.spec.steps.find(({ name }) => name === 'clone')!;
      const env = { ...process.env, REPOSITORY: repository, REVISION: git('rev-parse', 'HEAD'), GIT_HOME: folder };
      execFileSync('sh', ['-c', script], { cwd: volume, env, stdio: 'pipe' });
      expect(existsSync(join(volume, 'repository', 'package.json'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('are the folder of every later step, each with a home', () => {
    for (const { spec, metadata } of tasks.filter((task) => task !== source)) {
      for (const step of spec.steps) {
        const folder = step.workingDir ?? spec.stepTemplate?.workingDir;
        expect([metadata.name, step.name, folder]).toEqual([metadata.name, step.name, '$(workspaces.source.path)/repository']);
      }
    }
    for (const { spec, metadata } of tasks) {
      for (const step of spec.steps) {
        const home = (step.env ?? spec.stepTemplate?.env ?? []).find(({ name }) => name === 'HOME');
        expect([metadata.name, step.name, home]).toEqual([metadata.name, step.name, expect.anything()]);
      }
    }
    // In the same pod, Tekton would make the folder before anything is fetched.
    for (const step of source.spec.steps) expect(step.workingDir).toBe('$(workspaces.source.path)');
    expect(source.spec.steps.find(({ name }) => name === 'install')!.script).toContain('cd repository\n');
  });
});

describe('the pipeline of Tekton', () => {
  it.each(pipeline.spec.tasks.map((step) => [step.name, step] as const))('%s is given what its task asks for', (_name, step) => {
    const { spec } = tasks.find(({ metadata }) => metadata.name === step.taskRef.name)!;
    expect(names(step.params)).toEqual(names(spec.params));
    expect(names(step.workspaces)).toEqual(names(spec.workspaces));
    for (const { name, value } of step.params ?? []) expect([name, value]).toEqual([name, `$(params.${name})`]);
    expect(names(pipeline.spec.params)).toEqual(expect.arrayContaining(names(step.params)));
    for (const workspace of spec.workspaces) {
      const given = pipeline.spec.workspaces.find(({ name }) => name === workspace.name);
      expect([workspace.name, given?.optional]).toEqual([workspace.name, workspace.optional]);
    }
  });

  it('goes one way, since one folder is shared by all', () => {
    const seen = new Set<string>();
    for (const { name, runAfter = [] } of pipeline.spec.tasks) {
      expect(runAfter).toHaveLength(seen.size === 0 ? 0 : 1);
      for (const before of runAfter) expect(seen).toContain(before);
      seen.add(name);
    }
  });
});

describe('what starts a run of Tekton', () => {
  it.each(listener.spec.triggers.map((trigger) => [trigger.name, trigger] as const))(
    '%s asks for the secret before it looks at anything',
    (_name, trigger) => {
      const [first, second] = trigger.interceptors;
      expect(first!.ref).toEqual({ name: 'gitlab', kind: 'ClusterInterceptor' });
      expect(first!.params.find(({ name }) => name === 'secretRef')!.value).toEqual({ secretName: 'smartant-webhook', secretKey: 'token' });
      expect(first!.params.find(({ name }) => name === 'eventTypes')!.value).toHaveLength(1);
      expect(second!.ref.name).toBe('cel');
      const overlays = second!.params.find(({ name }) => name === 'overlays')!.value as { key: string }[];
      const bound = JSON.stringify(binding.spec.params).match(/\$\(extensions\.(\w+)\)/g);
      expect(overlays.map(({ key }) => `$(extensions.${key})`).sort()).toEqual([...bound!].sort());
      expect(trigger.bindings).toEqual([{ ref: binding.metadata.name, kind: 'TriggerBinding' }]);
      expect(trigger.template).toEqual({ ref: template.metadata.name });
    },
  );

  it('is told of an event which commit and which release it is about, and nothing else', () => {
    expect(names(binding.spec.params)).toEqual(names(template.spec.params));
    expect(JSON.stringify(binding.spec.params).match(/\$\(body[^)]*\)/g)).toEqual(['$(body.checkout_sha)']);
  });

  it('gives the pipeline all that it asks for', () => {
    const [run] = template.spec.resourcetemplates;
    expect(run!.spec.pipelineRef).toEqual({ name: 'smartant' });
    expect(names(run!.spec.params)).toEqual(names(pipeline.spec.params));
    expect(names(run!.spec.params)).toEqual(expect.arrayContaining(required(pipeline.spec.params)));
    expect(names(run!.spec.workspaces)).toEqual(names(pipeline.spec.workspaces));
    const used = [...JSON.stringify(run).matchAll(/\$\(tt\.params\.([\w-]+)\)/g)].map(([, name]) => name);
    expect(used.sort()).toEqual(names(template.spec.params));
  });
});
