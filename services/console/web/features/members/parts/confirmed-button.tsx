import { Button, Popconfirm } from 'antd';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface ConfirmedButtonProps {
  text: string;
  /** With the name of what it is for: in a list many are called the same. */
  label: string;
  title: string;
  description: string;
  onConfirm: () => void;
}

/** Says what will happen before it does. */
export function ConfirmedButton({ text, label, title, description, onConfirm }: ConfirmedButtonProps) {
  const t = useTexts(texts);
  return (
    <Popconfirm
      title={title}
      description={description}
      okText={text}
      okButtonProps={{ danger: true }}
      cancelText={t.keep}
      onConfirm={onConfirm}
    >
      <Button size="small" danger aria-label={label}>
        {text}
      </Button>
    </Popconfirm>
  );
}
