export { loadSiteFiles, type SiteFile, type SiteFiles } from './site-files';
export { StaticSite, type StaticSiteOptions } from './static-site';
