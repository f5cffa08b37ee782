/** Of Vue's own types, what the package names: they are spread over packages that its WebJar has not. */
declare const mark: unique symbol;
export interface Ref<T = any> {
  value: T;
  [mark]: true;
}
export declare function ref<T>(value: T): Ref<T>;
export declare function onUnmounted(hook: () => void): void;
