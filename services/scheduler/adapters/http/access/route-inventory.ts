import { Inject, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { SmartantError } from '@smartant/kernel';
import { routeOf } from '../route';
import type { RouteDefinition } from '../route-definition';

/** Refuses to start while a controller of the application serves a route that declares no permission. */
export class RouteInventory implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    this.routes();
  }

  /** The definitions of all routes that are served. Raises ROUTE_UNPROTECTED. */
  routes(): RouteDefinition[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => this.routesOf(metatype as { name: string; prototype: object } | null));
  }

  private routesOf(controller: { name: string; prototype: object } | null): RouteDefinition[] {
    if (!controller) return [];
    const prototype = controller.prototype as Record<string, object>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (!handler || !Reflect.hasMetadata(METHOD_METADATA, handler) || !Reflect.hasMetadata(PATH_METADATA, handler)) return [];
      const route = routeOf(handler);
      if (route) return [route];
      throw new SmartantError('ROUTE_UNPROTECTED', `${controller.name}.${name} serves a route without a declared permission.`, {
        kind: 'internal',
        hint: 'Declare it with @Route(…).',
      });
    });
  }
}
