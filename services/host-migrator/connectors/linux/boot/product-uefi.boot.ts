import { describeIf } from '@smartant/test-servers';
import { whyNoMachines } from './testkit/boot-parts';
import { migratedMachines, whyNotAsked } from './testkit/migrated-machines';

describeIf(whyNoMachines(), 'a machine that starts by UEFI and is migrated', () => {
  const { moveToImage } = migratedMachines();

  it('is rehearsed, and starts from an image', () => moveToImage('files'));
});

describeIf(whyNoMachines() ?? whyNotAsked('product'), 'a machine that starts by UEFI and is migrated in other ways', () => {
  const { moveToImage, expectSnapshots } = migratedMachines();

  it('is rehearsed, and starts from an image that its volumes were carried to by their blocks', async () => {
    await moveToImage('blocks');
    expectSnapshots();
  });
});
