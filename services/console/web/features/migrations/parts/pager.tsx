import { Button } from 'antd';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** Pages have no numbers: rows that come and go meanwhile would move them. The way back is the way that led here, else the first page. */
export function Pager({ next }: { next: string | null }) {
  const t = useTexts(texts);
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const isFollowed = (useLocation().state as { isFollowed?: boolean } | null)?.isFollowed === true;
  const toPage = (token: string | null) => {
    const params = new URLSearchParams(search);
    if (token === null) params.delete('after');
    else params.set('after', token);
    void navigate({ search: params.toString() }, { state: { isFollowed: token !== null } });
  };
  if (next === null && !search.has('after')) return null;
  return (
    <nav className="pager" aria-label={t.pages}>
      <Button disabled={!search.has('after')} onClick={() => (isFollowed ? void navigate(-1) : toPage(null))}>
        {t.newer}
      </Button>
      <Button disabled={next === null} onClick={() => toPage(next)}>
        {t.older}
      </Button>
    </nav>
  );
}
