/**
 * Which frames of a stack are the service's own.
 */

// What surrounds every request alike is none of its causes: crashkit itself, and the service's web layer.
const SURROUNDS = /\/node_modules\/|\/src\/(crashkit|web)\//

/**
 * @param {string} file its path; Node's own have none.
 */
export function isInApp (file) {
  return file.startsWith('/') && !SURROUNDS.test(file)
}
