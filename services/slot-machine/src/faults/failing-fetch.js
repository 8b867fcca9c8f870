/**
 * The page asks for a spin that analytics never stored, and does not expect a refusal.
 */
const NEVER_STORED = '00c0ffee00c0ffee'

export class FetchFailedError extends Error {
  name = 'FetchFailedError'
}

/** @param {import('./index.js').Firing} firing */
export function askForWhatIsNotThere ({ api, trace }) {
  showReels(api, trace)
}

async function showReels (api, trace) {
  const answer = await ask(api, trace)
  if (!answer.ok) throw new FetchFailedError('The details of a spin could not be loaded')
  return answer.body.reels
}

async function ask (api, trace) {
  try {
    return await api.request(`/api/v1/analytics/spins/${NEVER_STORED}`, { trace })
  } catch (error) {
    throw new FetchFailedError('The details of a spin could not be loaded', { cause: error })
  }
}
