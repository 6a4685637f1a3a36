/** Types of partitions, as a GPT and as an MBR names them. */
export const PARTITION_TYPES = {
  linux: { gpt: '0fc63daf-8483-4772-8e79-3d69d8477de4', mbr: '83' },
  swap: { gpt: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f', mbr: '82' },
  lvm: { gpt: 'e6d6d379-f507-44c2-a23c-238f2a3df928', mbr: '8e' },
  esp: { gpt: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', mbr: 'ef' },
  biosBoot: { gpt: '21686148-6449-6e6f-744e-656564454649', mbr: 'da' },
} as const;
