import { describeIf } from '@smartant/test-servers';
import { whyNoMachines } from './testkit/boot-parts';
import { migratedMachines, whyNotAsked } from './testkit/migrated-machines';

describeIf(whyNoMachines(), 'a machine that starts by BIOS and is migrated', () => {
  const { startSource, startTarget, moveToDisk } = migratedMachines();

  it('starts from the blank disk of a rescue system', async () => {
    const [{ machine: source, access }, target] = await Promise.all([startSource('bios'), startTarget()]);
    await moveToDisk({ source, access, target }, { engine: 'files' });
  });
});

describeIf(whyNoMachines() ?? whyNotAsked('product'), 'a machine that starts by BIOS and is migrated in other ways', () => {
  const { commands, startSource, startSecond, startTarget, moveToDisk, expectSnapshots } = migratedMachines();

  it('starts from a blank disk that its volumes were carried to by their blocks', async () => {
    const [{ machine: source, access }, target] = await Promise.all([startSource('bios'), startTarget()]);
    await moveToDisk({ source, access, target }, { engine: 'blocks' });
    expectSnapshots();
  });

  it('starts from the disk of a running machine that was taken over', async () => {
    const { machine: source, access } = await startSource('bios');
    await moveToDisk({ source, access, target: await startSecond(access) }, { takeOverTarget: true });
    expect(commands.some((command) => command.includes('kexec -e'))).toBe(true);
  });
});
