import CompassOutlined from '@ant-design/icons/CompassOutlined';
import { Link } from 'react-router';
import { EmptyState } from '../elements/empty-state';
import { PageHeader } from '../elements/page-header';
import { useTexts } from '../language/texts';
import { texts } from './texts';

export function NotFound() {
  const t = useTexts(texts);
  return (
    <>
      <PageHeader title={t.notFoundTitle} />
      <EmptyState icon={CompassOutlined} title={t.notFoundTitle}>
        <p>{t.notFoundText}</p>
        <Link to="/">{t.toStart}</Link>
      </EmptyState>
    </>
  );
}
