import { shortcomings, topicSettings } from './topic-settings';

const defaults = { partitions: 8, replicationFactor: 3, minInSync: 2 };
const wanted = topicSettings('facts', defaults);
const found = { partitions: 8, replicationFactor: 3, config: wanted.config };

describe('shortcomings', () => {
  it('finds none in what we would make, nor in more of it', () => {
    expect(shortcomings(wanted, found)).toEqual([]);
    expect(shortcomings(wanted, { ...found, partitions: 12, config: { ...found.config, 'min.insync.replicas': '3' } })).toEqual([]);
    expect(shortcomings(wanted, { ...found, config: { ...found.config, 'retention.ms': '-1' } })).toEqual([]);
  });

  it.each([
    ['retention.ms', '1000'],
    ['cleanup.policy', 'compact'],
    ['min.insync.replicas', '1'],
    ['max.message.bytes', '1000'],
    ['unclean.leader.election.enable', 'true'],
  ])('names %s when it is %s', (name, value) => {
    const [said, ...more] = shortcomings(wanted, { ...found, config: { ...found.config, [name]: value } });
    expect(said).toContain(`${name} is ${value}`);
    expect(more).toEqual([]);
  });

  it('names missing partitions and replicas', () => {
    expect(shortcomings(wanted, { ...found, partitions: 1, replicationFactor: 1 })).toEqual([
      'it has 1 partitions, 8 are expected',
      'it has 1 replicas, 3 are expected',
    ]);
  });

  it('leaves to the cluster what the operator does not decide', () => {
    const undecided = topicSettings('facts', { partitions: 8, replicationFactor: -1 });
    expect(undecided.config).not.toHaveProperty('min.insync.replicas');
    expect(shortcomings(undecided, { ...found, replicationFactor: 1 })).toEqual([]);
  });
});
