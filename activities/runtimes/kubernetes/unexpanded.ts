/**
 * A text that reaches a program as it is: the kubelet puts variables in the place of `$(NAME)`, in environments and
 * commands, and makes one of two `$`. What it would leave alone stays as it is, and with it what runs already.
 */
export const unexpanded = (text: string): string => text.replaceAll(/\$(?=[$(])/g, '$$$$');
