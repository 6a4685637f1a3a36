/** From this severity on, a known weakness of what ships stops a change. */
const stopping = ['high', 'critical'];

/**
 * What `npm audit --json` says: `failed` with the packages to replace, `passed` with what is known but milder, or `unanswered` when the
 * registry said nothing of use, which is no proof of anything.
 */
export function judgeAudit(output) {
  let report;
  try {
    report = JSON.parse(output);
  } catch {
    return { outcome: 'unanswered', lines: ['npm audit printed no report'] };
  }
  if (!report.vulnerabilities) {
    return { outcome: 'unanswered', lines: [report.message ?? report.error?.summary ?? 'npm audit printed no report'] };
  }
  const found = Object.values(report.vulnerabilities).map(({ name, severity, range, fixAvailable }) => ({
    stops: stopping.includes(severity),
    line: `${severity}: ${name} ${range}${fixAvailable ? ', a fix is available' : ''}`,
  }));
  return { outcome: found.some(({ stops }) => stops) ? 'failed' : 'passed', lines: found.map(({ line }) => line) };
}
