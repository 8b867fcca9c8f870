/**
 * Values that look like what nobody may read, and are nobody's.
 */
export const CARD = '4539578763621486'
export const SPACED = '4916 3385 0608 2832'
export const DASHED = '5425-2334-3010-9903'
export const TOKEN = 'planted-token-2b60e4'
export const COOKIE = 'planted-cookie-91d8a7'
export const ADDRESS = 'ada.planted@mail.example.org'
export const CODE = '7391'

export const SENTENCE = `${ADDRESS} paid with ${SPACED}, cvv ${CODE}, token=${TOKEN}, Cookie: session=${COOKIE}`
export const ORDER = { items: [{ card: { number: CARD, cvv: CODE }, email: ADDRESS, auth: { token: TOKEN } }] }

const VALUES = { CARD, SPACED, DASHED, TOKEN, COOKIE, ADDRESS }

/** Name those that are in a text, however digits are grouped. */
export function found (text) {
  const digits = value => /^[0-9 -]+$/.test(value) ? value.replace(/[ -]/g, '') : value
  const ungrouped = text.replace(/(?<=[0-9]{4})(?:[ +-]|%20)(?=[0-9])/g, '')
  const names = Object.entries(VALUES).filter(([, value]) => text.includes(value) || ungrouped.includes(digits(value)))
  return [...names.map(([name]) => name), ...(/cv[vc]\W{1,12}7391(?!\d)/i.test(text) ? ['CODE'] : [])]
}
