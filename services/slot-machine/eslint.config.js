/**
 * A few rules that find mistakes; the page runs as it is written, so nothing else looks at it before a browser does.
 */
const BOTH = ['URL', 'URLSearchParams', 'fetch', 'performance', 'setTimeout', 'clearTimeout', 'setInterval',
  'clearInterval', 'queueMicrotask', 'structuredClone', 'TextDecoder', 'TextEncoder', 'AbortController', 'AbortSignal',
  'Headers', 'Request', 'Response', 'crypto', 'globalThis', 'console', 'Event', 'EventTarget', 'CustomEvent', 'Intl', 'BigUint64Array',
  'DOMException']
const PAGE = ['window', 'document', 'location', 'history', 'navigator', 'localStorage', 'sessionStorage', 'matchMedia',
  'requestAnimationFrame', 'cancelAnimationFrame', 'getComputedStyle', 'addEventListener', 'removeEventListener',
  'PerformanceObserver', 'IntersectionObserver', 'ResizeObserver', 'MutationObserver', 'Element', 'HTMLElement', 'Node',
  'KeyboardEvent', 'MouseEvent', 'PointerEvent']
const NODE = ['process', 'Buffer', 'setImmediate', 'clearImmediate']

const globals = names => Object.fromEntries(names.map(name => [name, 'readonly']))

const rules = {
  'no-undef': 'error',
  'no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
  'no-var': 'error',
  'prefer-const': 'error',
  eqeqeq: 'error',
  'no-console': 'error',
  'no-debugger': 'error',
  'no-fallthrough': 'error',
  'no-unreachable': 'error',
  'no-self-assign': 'error',
  'no-dupe-keys': 'error',
  'no-empty': ['error', { allowEmptyCatch: true }],
  'no-loss-of-precision': 'error',
  'no-promise-executor-return': ['error', { allowVoid: true }],
  'require-atomic-updates': 'off',
  'max-lines': ['error', 300]
}

export default [
  { ignores: ['dist/**'] },
  {
    files: ['**/*.js', '**/*.mjs'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { globals: globals(BOTH) },
    rules
  },
  {
    files: ['src/**/*.js'],
    languageOptions: { globals: globals(PAGE) }
  },
  {
    // It runs before the first paint, so it is no module.
    files: ['src/theme.js'],
    languageOptions: { sourceType: 'script' }
  },
  {
    files: ['build.mjs', 'test/**/*.js'],
    languageOptions: { globals: globals(NODE) }
  },
  {
    files: ['build.mjs'],
    rules: { 'no-console': 'off' }
  },
  {
    // One module asks the gateway, so that every request carries its trace and finds the gateway in one way.
    files: ['src/**/*.js'],
    ignores: ['src/api.js'],
    rules: { 'no-restricted-globals': ['error', { name: 'fetch', message: 'ask through src/api.js' }] }
  }
]
