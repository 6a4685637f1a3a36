import { useQuery } from '@tanstack/react-query';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { PageSkeleton } from '../../frame/page-skeleton';
import { useTexts } from '../../language/texts';
import { layersOf } from './layers';
import { ServiceCard } from './parts/service-card';
import { servicesQuery } from './queries';
import { texts } from './texts';
import './topology.css';

/** The services of the platform, from what steers down to what works, each with its health, versions and processes. */
export default function TopologyPage() {
  const t = useTexts(texts);
  const { data, error, isPending, refetch } = useQuery(servicesQuery);
  const layers = layersOf(data?.items ?? []);
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {isPending && <PageSkeleton />}
      {data && layers.length === 0 && <p className="quiet">{t.none}</p>}
      <ol className="layers">
        {layers.map(([layer, services]) => (
          <li key={layer} className="layer">
            <h2>{t.layers[layer]}</h2>
            <div className="layer-services">
              {services.map((service) => (
                <ServiceCard key={service.service} service={service} />
              ))}
            </div>
          </li>
        ))}
      </ol>
      <p className="footnote">{t.footnote}</p>
    </>
  );
}
